CREATE DATABASE clinic
GO
USE clinic
GO
CREATE TABLE dbo.patients (
  id int IDENTITY(1,1) NOT NULL CONSTRAINT PK_patients PRIMARY KEY,
  ssn char(11) NOT NULL CONSTRAINT UQ_patients_ssn UNIQUE,
  full_name nvarchar(100) NOT NULL, birth_date date NULL, notes nvarchar(max) NULL, weight decimal(5,2) NULL, created datetime2(3) NOT NULL DEFAULT SYSDATETIME())
GO
INSERT INTO dbo.patients (ssn, full_name, birth_date, notes, weight) VALUES
 ('111-22-3333', N'Ann Example', '1980-02-03', N'allergic to penicillin', 61.5),
 ('222-33-4444', N'Bób Sample', '1975-12-31', NULL, 80),
 ('333-44-5555', N'Cy Test', NULL, REPLICATE(CONVERT(nvarchar(max), N'x'), 9000), NULL)
GO
CREATE VIEW dbo.v_patients AS SELECT id, full_name AS name, ssn AS number FROM dbo.patients
GO
CREATE PROCEDURE dbo.p_multi @a int = 1 AS BEGIN SELECT @a AS a; SELECT id, full_name FROM patients ORDER BY id; PRINT 'done'; RETURN 7 END
GO
CREATE PROCEDURE dbo.p_out @x int, @y int OUTPUT, @z nvarchar(20) OUTPUT AS BEGIN SET @y = @x * 2; SET @z = N'got ' + CAST(@x AS nvarchar(10)); SELECT @x AS x; RETURN 5 END
GO
CREATE PROCEDURE dbo.p_msg AS BEGIN PRINT 'hello'; RAISERROR('note %d', 10, 1, 42); RAISERROR('bad %s', 16, 2, 'thing') END
GO
CREATE TYPE dbo.id_list AS TABLE (id int NOT NULL, label nvarchar(20) NULL)
GO
CREATE TABLE dbo.alltypes (c_int int, c_tiny tinyint, c_small smallint, c_big bigint, c_bit bit, c_dec decimal(38,10), c_num numeric(10,2), c_money money, c_smoney smallmoney, c_real real, c_float float, c_date date, c_time time(7), c_dt datetime, c_sdt smalldatetime, c_dt2 datetime2(7), c_dto datetimeoffset(7), c_char char(10), c_vc varchar(50), c_vcmax varchar(max), c_text text, c_nchar nchar(10), c_nvc nvarchar(50), c_nvcmax nvarchar(max), c_ntext ntext, c_bin binary(4), c_vbin varbinary(50), c_vbinmax varbinary(max), c_image image, c_guid uniqueidentifier, c_xml xml, c_var sql_variant, c_rv rowversion)
GO
INSERT INTO alltypes (c_int,c_tiny,c_small,c_big,c_bit,c_dec,c_num,c_money,c_smoney,c_real,c_float,c_date,c_time,c_dt,c_sdt,c_dt2,c_dto,c_char,c_vc,c_vcmax,c_text,c_nchar,c_nvc,c_nvcmax,c_ntext,c_bin,c_vbin,c_vbinmax,c_image,c_guid,c_xml,c_var) VALUES
 (2147483647,255,-32768,9223372036854775807,1,1234567890123456789012345678.0123456789,-12345678.90,922337203685477.5807,-214748.3648,1.5,-2.25e100,'2024-02-29','23:59:59.1234567','2024-02-29T12:34:56.997','2024-02-29 12:34','2024-02-29 12:34:56.1234567','2024-02-29 12:34:56.1234567 +05:30','abc','varchar é','max','text',N'nchar',N'nvarchar ☃',N'nmax',N'ntext',0x01020304,0xDEADBEEF,0x00FF,0xCAFE,'6F9619FF-8B86-D011-B42D-00C04FC964FF',N'<a b="1">x</a>',CAST(42 AS int))
GO
INSERT INTO alltypes (c_int) VALUES (NULL)
GO
